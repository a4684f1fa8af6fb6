/**
 * What differs between the versions of RabbitMQ that this broker can behave like.
 *
 * Responsible for naming each difference and what it is in each version, so that code asks for the
 * behaviour and never for a version. Not responsible for what clients are told the version is
 * (session/server-properties.ts) or for which profile is chosen (config).
 */

/** The names by which a profile is asked for. */
export const COMPATIBILITIES = ['3.13', '4.x'] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

export interface Profile {
  readonly compatibility: Compatibility;
  /** Deaths that a published message brings along are continued, else begun anew (A8.6). */
  readonly continuesDeathHistory: boolean;
  /** Dead letters have x-last-death headers beside the first ones (A8.3). */
  readonly tellsLastDeath: boolean;
  /** How often a quorum queue delivers a message again when nobody says; null for any number. */
  readonly quorumDeliveryLimit: number | null;
}

const PROFILES: Readonly<Record<Compatibility, Profile>> = {
  '3.13': {
    compatibility: '3.13',
    continuesDeathHistory: true,
    tellsLastDeath: true,
    quorumDeliveryLimit: null,
  },
  '4.x': {
    compatibility: '4.x',
    continuesDeathHistory: false,
    tellsLastDeath: true,
    quorumDeliveryLimit: 20,
  },
};

export function profileOf(compatibility: Compatibility): Profile {
  return PROFILES[compatibility];
}
