/** Where the interface lives inside the desktop app. A scheme of our own: no `file:`, no server, no port. */
export const appScheme = "app";
export const appHost = "reelbench";
export const appOrigin = `${appScheme}://${appHost}`;

/**
 * Whether a URL is a page of ours. Compared as text on purpose: parsers disagree about schemes they do not know, and
 * anything that needs parsing to look like ours (credentials, another case, backslashes, control characters) is not ours.
 */
export function isAppUrl(url: string): boolean {
  if (!url.startsWith(`${appOrigin}/`)) return false;
  return !/[\\\s\p{Cc}]/u.test(url);
}
