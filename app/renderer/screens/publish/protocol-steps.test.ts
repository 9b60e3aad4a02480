import { expect, it } from "vitest";
import { protocolStepOf, protocolSteps } from "./protocol-steps.ts";

const labelOf = (message: string | null) => protocolSteps[protocolStepOf(message)]?.label;

it("puts the publisher's messages where they belong", () => {
  expect(labelOf(null)).toBe("Prepare");
  expect(labelOf("Making the local database (only the first time)")).toBe("Prepare");
  expect(labelOf("Epoch 3 of 60")).toBe("Refit");
  expect(labelOf("Checking the gates")).toBe("Gates");
  expect(labelOf("Going on with the upload")).toBe("Upload");
  expect(labelOf("Sending what people have rated")).toBe("Upload");
  expect(labelOf("Comparing checksums")).toBe("Checksum");
  expect(labelOf("Warming the cache")).toBe("Warm");
  expect(labelOf("Comparing with 2 live servers")).toBe("Parity");
  expect(labelOf("The bundled server reads the version")).toBe("Parity");
  expect(labelOf("Waiting for the servers to switch")).toBe("Switch");
});
