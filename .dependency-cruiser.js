/**
 * Who may import whom, as the architecture page draws it. Types count as imports too: a room that knows another's types
 * knows the room.
 */

const rooms = ["app/main", "app/renderer", "core", "server", "cli", "bench", "e2e", "scripts"];
const anyRoom = `^(${rooms.join("|")})/`;
const tests = "\\.test\\.tsx?$|\\.fixture\\.ts$";

/** A rule for everything below `from` but its tests: whatever is not `to` is forbidden. */
const only = (name, comment, from, to) => ({
  name,
  comment,
  severity: "error",
  from: { path: from, pathNot: tests },
  to: { path: anyRoom, pathNot: to },
});

export default {
  forbidden: [
    {
      name: "no-circular",
      comment: "Two files that need each other are one file, or hide a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "not-to-unresolvable",
      severity: "error",
      from: {},
      // Written by the kernels' build, which runs before any check.
      to: { couldNotResolve: true, pathNot: "kernels\\.generated\\.ts$" },
    },
    {
      name: "not-to-undeclared-packages",
      comment: "A package that package.json does not name is there by accident.",
      severity: "error",
      from: { path: anyRoom },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-tests-in-programs",
      severity: "error",
      from: { path: anyRoom, pathNot: `${tests}|^e2e/|^bench/` },
      to: { path: `${tests}|^e2e/` },
    },
    only("contract-is-alone", "The contract runs anywhere and knows nobody.", "^core/contract/", "^core/contract/"),
    only(
      "renderer-knows-the-contract-only",
      "The interface asks the engine; it never reaches into it.",
      "^app/renderer/",
      "^(app/renderer|core/contract)/",
    ),
    only(
      "main-is-thin",
      "Electron's main process starts the engine and steps out of the way.",
      "^app/main/",
      "^(app/main/|core/contract/|core/runtime-paths\\.ts$)",
    ),
    only(
      "server-serves",
      "The server needs what answers requests, not what trains or keeps a workspace.",
      "^server/",
      "^(server/|core/(recommend|production|models|contract|compute|jobs|files)/|core/(runtime-paths|version)\\.ts$)",
    ),
    only("core-is-below", "The core knows none of its fronts.", "^core/", "^core/"),
    only("cli-is-a-front", "The CLI asks the engine.", "^cli/", "^(cli|core)/"),
    {
      name: "electron-in-main-only",
      severity: "error",
      from: { path: anyRoom, pathNot: "^app/main/" },
      to: { path: "(^|/)node_modules/electron/|^electron$" },
    },
    {
      name: "renderer-has-no-node",
      comment: "It runs sandboxed, and in any browser.",
      severity: "error",
      from: { path: "^app/renderer/", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "contract-has-no-node",
      severity: "error",
      from: { path: "^core/contract/", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "arithmetic-touches-nothing",
      comment:
        "No file, socket or database where numbers are made: data in, data out. Worker threads are how it computes.",
      severity: "error",
      from: {
        path: "^core/(recommend|compute|evaluation|models)/",
        pathNot: `${tests}|^core/compute/(assembly|.*worker)`,
      },
      to: {
        path: "^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|cluster|sqlite)(/|$)|node_modules/(better-sqlite3|@duckdb|pg|redis|ws|express)/",
      },
    },
    {
      name: "react-in-renderer-only",
      severity: "error",
      from: { path: "^(core|server|cli|app/main)/" },
      to: { path: "node_modules/(react|react-dom|@mantine|recharts|@tanstack)/" },
    },
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|release|\\.cache|core/compute/assembly)/" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".mjs", ".js", ".css"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
    },
    combinedDependencies: true,
    builtInModules: { add: ["electron"] },
  },
};
