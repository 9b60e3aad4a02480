import { describe, expect, it } from "vitest";
import { splitProtocol } from "../../../../core/contract/entities.ts";
import { draftProblem, fieldsOf, firstDraft, protocolOf } from "./split-draft.ts";
import type { ProtocolName } from "./split-draft.ts";

describe("a split made by hand", () => {
  it("is a protocol that the engine takes, whichever is chosen, with and without validation", () => {
    for (const protocol of Object.keys(fieldsOf) as ProtocolName[])
      for (const keepsValidation of [false, true]) {
        const made = protocolOf({ ...firstDraft, protocol, keepsValidation, relevantFrom: 4 });
        expect(splitProtocol.parse(made)).toEqual(made);
        expect(made).toMatchObject({ protocol, relevantFrom: 4 });
      }
  });
  it("says shares as shares", () => {
    expect(protocolOf({ ...firstDraft, testShare: 7.5, keepsValidation: true })).toEqual({
      protocol: "global-temporal",
      testShare: 0.075,
      validationShare: 0.1,
    });
  });
  it("is none while a field that it needs is wrong, and does not mind the others", () => {
    expect(protocolOf({ ...firstDraft, testShare: 0 })).toBeNull();
    expect(protocolOf({ ...firstDraft, testShare: "" })).toBeNull();
    expect(protocolOf({ ...firstDraft, folds: 1 })).not.toBeNull();
    expect(protocolOf({ ...firstDraft, protocol: "k-fold", folds: 1 })).toBeNull();
    expect(protocolOf({ ...firstDraft, protocol: "k-fold", folds: 2.5 })).toBeNull();
  });
  it("leaves somebody to train on", () => {
    const draft = { ...firstDraft, protocol: "held-out-users", testShare: 60, validationShare: 40 } as const;
    expect(draftProblem(draft, "validationShare")).not.toBeNull();
    expect(protocolOf({ ...draft, keepsValidation: true })).toBeNull();
    expect(protocolOf({ ...draft, keepsValidation: false })).not.toBeNull();
  });
});
