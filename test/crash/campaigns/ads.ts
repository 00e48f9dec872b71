/** Which ad belongs to which campaign: ten ads to each of a hundred. */
export const campaignOfAd: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 1000 }, (_, n) => [`ad-${n}`, `campaign-${Math.floor(n / 10)}`]),
);
