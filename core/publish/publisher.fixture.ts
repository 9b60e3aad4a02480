/** Publishes in a process of its own, so that tests can kill it: node publisher.fixture.ts '{"shape":…,"directory":…,"target":…}' */
import { toReelbenchError } from "../contract/errors.ts";
import { publicationOf } from "./publication.fixture.ts";
import type { Shape } from "./publication.fixture.ts";
import { publish } from "./publish.ts";
import type { TargetAddress } from "./target-address.ts";

const { shape, directory, target } = JSON.parse(process.argv[2] ?? "") as {
  shape: Shape;
  directory: string;
  target: TargetAddress;
};
const request = await publicationOf(shape, directory, target);
try {
  const outcome = await publish(request, {
    signal: new AbortController().signal,
    onProgress: ({ message }) => process.send?.({ type: "progress", message }),
  });
  process.send?.({ type: "published", version: outcome.version });
} catch (error) {
  process.send?.({ type: "failed", ...toReelbenchError(error).toEnvelope() });
}
process.disconnect();
