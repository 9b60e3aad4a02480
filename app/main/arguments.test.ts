import { expect, it } from "vitest";
import { parseArguments } from "./arguments.ts";

const parse = (...argv: string[]) => parseArguments(argv, "/home/ada");

it("finds its own options among Chromium's", () => {
  expect(parse("--no-sandbox", ".", "--workspace", "ratings", "--inspect=0", "--user-data-dir=/tmp/x")).toEqual({
    workspaceDirectory: "/home/ada/ratings",
    userDataDirectory: "/tmp/x",
  });
  expect(parse("--workspace=/data/w")).toEqual({ workspaceDirectory: "/data/w", userDataDirectory: null });
});

it("takes no other option for a folder", () => {
  expect(parse("--workspace", "--no-sandbox").workspaceDirectory).toBeNull();
  expect(parse("--workspace=").workspaceDirectory).toBeNull();
  expect(parse("--workspace").workspaceDirectory).toBeNull();
  expect(parse("--workspaces=/x", "workspace=/x").workspaceDirectory).toBeNull();
});
