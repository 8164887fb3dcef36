/** What the codes of the system and of Node's TLS say of a network, whichever cloud was asked. */

/** `refused`: nothing listens there. `lost`: the connection broke off. */
export type NetworkTrouble = 'dns' | 'refused' | 'lost' | 'unreachable' | 'noAnswer' | 'tls';

export const networkCodes: Readonly<Record<string, NetworkTrouble>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ERR_STREAM_PREMATURE_CLOSE: 'lost',
  ECONNABORTED: 'lost',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'noAnswer',
  EPROTO: 'tls',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls',
  CERT_HAS_EXPIRED: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
};
