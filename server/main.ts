#!/usr/bin/env node
import { ReelbenchError, toReelbenchError } from "../core/contract/errors.ts";
import { parentPort } from "../core/jobs/parent-port.ts";
import { administer } from "./administer.ts";
import { readConfig } from "./config.ts";
import { software, startServer } from "./start-server.ts";
import { boundYoungGeneration } from "./young-generation.ts";
import { createLog } from "./telemetry/logger.ts";
import { startProfiling } from "./telemetry/profile.ts";

const administered = new Set(["keys", "accounts", "secrets", "--help", "help"]);

/** `reelbench-server [serve] [--profile DIRECTORY]` serves; `reelbench-server keys|accounts|secrets …` administers. */
async function main(argv: readonly string[]): Promise<void> {
  const [command] = argv;
  if (command === "--version") process.stdout.write(`${software}\n`);
  else if (command !== undefined && administered.has(command)) await administer(argv);
  else if (command === undefined || command === "serve") await serve(null);
  else if (command === "--profile" && argv.length === 2) await serve(argv[1] ?? null);
  else throw new ReelbenchError("RB_INVALID_INPUT", `There is no command "${command}".`, { remedy: "Try --help." });
}

async function serve(profileDirectory: string | null): Promise<void> {
  boundYoungGeneration();
  const config = readConfig(process.env);
  const log = createLog(config);
  const { logger } = log;
  const profiling = profileDirectory === null ? null : await startProfiling(profileDirectory);
  const writeProfiles = async () => {
    const files = await profiling?.write().catch((error: unknown) => {
      logger.error({ error: String(error) }, "the profiles were not written");
      return [];
    });
    if (files !== undefined) logger.info({ files }, "profiles");
  };
  const parent = parentPort();
  const server = await startServer(config, log);

  let stopping = false;
  const stop = (why: string) => {
    if (stopping) {
      // Asked twice: somebody does not want to wait.
      if (why !== "parent") process.exit(1);
      return;
    }
    stopping = true;
    logger.info({ why }, "asked to stop");
    const written = writeProfiles();
    Promise.all([server.close(), written]).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ error: toReelbenchError(error).toEnvelope() }, "stopping failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  if (process.platform !== "win32") {
    // Without TLS there is nothing to reload, and the signal must not end the server.
    process.on("SIGHUP", () => void server.reloadCertificate());
    process.on("SIGUSR2", () => void writeProfiles());
  }
  parent?.onMessage((message) => {
    if (typeof message === "object" && message !== null && "type" in message && message.type === "stop") stop("parent");
  });
  parent?.send({ type: "listening", url: server.url });
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  const error = toReelbenchError(thrown);
  parentPort()?.send({ type: "failed", error: error.toEnvelope() });
  process.stderr.write(`${error.code}: ${error.message}\n${error.remedy}\n`);
  process.exitCode = error.definition.exit;
  // A failed start may leave a handle open; the message above is on its way out first.
  setTimeout(() => process.exit(), 200).unref();
});
