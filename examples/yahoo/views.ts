import type { Handler } from 'millrace';

/** The first stage: views alone, what is needed of them, and the campaign that the ad belongs to. */

interface AdEvent {
  readonly ad_id: string;
  readonly event_type: string;
  readonly event_time: string;
}

export interface View {
  readonly campaign: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const ADS_PER_CAMPAIGN = 10;

export default (event =>
  event.event_type === 'view' && {
    campaign: Math.floor(Number.parseInt(event.ad_id.slice(24), 16) / ADS_PER_CAMPAIGN),
    time: Number(event.event_time),
  }) satisfies Handler<AdEvent>;
