import { hash } from "node:crypto";

/** How long, and of how many at most, the digest is remembered. */
const milliseconds = 1000;
const most = 1000;

/**
 * SHA-256 of a credential, under which everything else that is known of it is kept. Making it costs more than looking an
 * answer up, so that those of the last second are remembered; that long the requests themselves hold the text, too.
 */
export function createDigest(): (credential: string) => string {
  const remembered = new Map<string, string>();
  let until = 0;
  return (credential) => {
    const now = performance.now();
    if (now >= until || remembered.size >= most) {
      remembered.clear();
      until = now + milliseconds;
    }
    let digest = remembered.get(credential);
    if (digest === undefined) remembered.set(credential, (digest = hash("sha256", credential, "base64")));
    return digest;
  };
}
