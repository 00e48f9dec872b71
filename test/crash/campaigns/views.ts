import type { Handler } from 'millrace';
import { campaignOfAd } from './ads.ts';

interface AdEvent {
  readonly ad_id: string;
  readonly event_type: string;
  readonly event_time: string;
}

/** The first stage of the Yahoo streaming benchmark: views only, each with the campaign of its ad. */
export default (event => {
  if (event.event_type !== 'view') return false;
  const campaign = campaignOfAd.get(event.ad_id);
  if (campaign === undefined) throw new Error(`the ad ${event.ad_id} belongs to no campaign`);
  return { campaign, at: Number(event.event_time) };
}) satisfies Handler<AdEvent>;
