/**
 * What differs between the versions of RabbitMQ that this broker can behave like.
 *
 * Responsible for naming each difference and what it is in each version, so that code asks for the
 * behaviour and never for a version. Not responsible for what clients are told the version is
 * (session/server-properties.ts) or for which profile is chosen (config).
 */

/** The names by which a profile is asked for. */
export type Compatibility = '3.13' | '4.x';

export interface Profile {
  readonly compatibility: Compatibility;
  /** How often a quorum queue delivers a message again when nobody says; null for any number. */
  readonly quorumDeliveryLimit: number | null;
  /** Whether basic.get from a quorum queue shows an x-delivery-count of 0. */
  readonly tellsNoReturns: boolean;
  /** Whether deaths that a client wrote on a message are continued; else they begin anew (A8.6). */
  readonly continuesClientDeaths: boolean;
  /** Whether ANONYMOUS is offered as a way to log in. */
  readonly offersAnonymous: boolean;
  /** The smallest frame_max that a client may ask for, in octets (A1.5). */
  readonly frameMaxMinimum: number;
  /** Whether queues that are neither durable nor exclusive may be declared. */
  readonly allowsTransientQueues: boolean;
  /** Whether a prefetch may be shared by a whole channel; else it is each consumer's (A7.2). */
  readonly sharesPrefetch: boolean;
  /** Whether a passive declare needs some permission. */
  readonly checksPassiveDeclare: boolean;
  /** Whether a direct reply counts as routed for a mandatory publish (A9.7). */
  readonly routesReplies: boolean;
  /** Whether acknowledgements of quorum queues alone have to come in time (A9.4). */
  readonly timesQuorumOnly: boolean;
}

const PROFILES: Readonly<Record<Compatibility, Profile>> = {
  '3.13': {
    compatibility: '3.13',
    quorumDeliveryLimit: null,
    tellsNoReturns: true,
    continuesClientDeaths: true,
    offersAnonymous: false,
    frameMaxMinimum: 4096,
    allowsTransientQueues: true,
    sharesPrefetch: true,
    checksPassiveDeclare: false,
    routesReplies: false,
    timesQuorumOnly: false,
  },
  '4.x': {
    compatibility: '4.x',
    quorumDeliveryLimit: 20,
    tellsNoReturns: false,
    continuesClientDeaths: false,
    offersAnonymous: true,
    frameMaxMinimum: 8192,
    allowsTransientQueues: false,
    sharesPrefetch: false,
    checksPassiveDeclare: true,
    routesReplies: true,
    timesQuorumOnly: true,
  },
};

/**
 * What a profile is, with what of it is permitted, or not, against its default
 * (https://www.rabbitmq.com/docs/deprecated-features). Features that make no difference here may be
 * named, too.
 */
export function profileOf(
  compatibility: Compatibility,
  permitted: Readonly<Record<string, boolean>> = {},
): Profile {
  const profile = PROFILES[compatibility];
  return {
    ...profile,
    allowsTransientQueues: permitted['transient_nonexcl_queues'] ?? profile.allowsTransientQueues,
    sharesPrefetch: permitted['global_qos'] ?? profile.sharesPrefetch,
  };
}
