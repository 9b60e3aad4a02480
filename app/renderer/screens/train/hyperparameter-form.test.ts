import { describe, expect, it } from "vitest";
import {
  chosenHyperparameters,
  defaultValues,
  fieldProblem,
  problemsOf,
  rangeText,
  stepOf,
} from "./hyperparameter-form.ts";
import type { HyperparameterField } from "./hyperparameter-form.ts";

const factors: HyperparameterField = {
  name: "factors",
  label: "Factors",
  description: "",
  kind: "integer",
  default: 32,
  minimum: 1,
  maximum: 500,
};
const rate: HyperparameterField = {
  name: "rate",
  label: "Rate",
  description: "",
  kind: "real",
  default: 0.005,
  minimum: 0,
  logarithmic: true,
};
const center: HyperparameterField = {
  name: "center",
  label: "Center",
  description: "",
  kind: "boolean",
  default: false,
};
const init: HyperparameterField = {
  name: "init",
  label: "Start",
  description: "",
  kind: "choice",
  default: "normal",
  choices: ["normal", "zero"],
};
const fields = [factors, rate, center, init];

describe("a form made from an algorithm's fields", () => {
  it("starts with the defaults, which are no problem and need not be sent", () => {
    const values = defaultValues(fields);
    expect(problemsOf(fields, values)).toEqual({});
    expect(chosenHyperparameters(fields, values)).toEqual({});
  });
  it("sends only what was changed, a false and a zero included", () => {
    const values = { ...defaultValues([...fields, { ...center, name: "on", default: true }]), rate: 0, on: false };
    expect(chosenHyperparameters([...fields, { ...center, name: "on", default: true }], values)).toEqual({
      rate: 0,
      on: false,
    });
  });
  it("names what is wrong with a value", () => {
    expect(fieldProblem(factors, 0)).toBe("At least 1.");
    expect(fieldProblem(factors, 501)).toBe("At most 500.");
    expect(fieldProblem(factors, 2.5)).toBe("A whole number is needed.");
    expect(fieldProblem(factors, "")).toBe("A number is needed.");
    expect(fieldProblem(rate, Number.NaN)).toBe("A number is needed.");
    expect(fieldProblem(init, "ones")).toBe("Choose one of the list.");
    expect(fieldProblem(factors, 500)).toBeNull();
  });
  it("says the range in words", () => {
    expect(rangeText(factors)).toBe("1 to 500");
    expect(rangeText(rate)).toBe("at least 0, try powers");
    expect(rangeText(center)).toBe("");
  });
  it("steps by the size of the value", () => {
    expect(stepOf(factors, 32)).toBe(1);
    expect(stepOf(rate, 0.005)).toBeCloseTo(0.001, 12);
    expect(stepOf(rate, 0)).toBeCloseTo(0.001, 12);
  });
});
