import type { TestProject } from "vitest/node";
import { startPostgres } from "./start-postgres.ts";
import { startRedis } from "./start-redis.ts";
import "./services.ts"; // The types of what is provided.

/**
 * Real Postgres and real Redis for `*.service.test.ts`: those of REELBENCH_TEST_POSTGRES_URL and REELBENCH_TEST_REDIS_URL,
 * otherwise started here and ended with the run (and with this process, should it be killed). Where neither can be had
 * the run fails; tests that silently do not run prove nothing.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgresUrl = process.env["REELBENCH_TEST_POSTGRES_URL"];
  const redisUrl = process.env["REELBENCH_TEST_REDIS_URL"];
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(started.map((service) => service.stop()));
  };
  const start = async <T extends { readonly url: string; stop(): Promise<void> }>(service: Promise<T>) => {
    const running = await service;
    started.push(running);
    return running.url;
  };
  try {
    const [postgres, redis] = await Promise.all([
      postgresUrl ?? start(startPostgres()),
      redisUrl ?? start(startRedis()),
    ]);
    project.provide("postgresUrl", postgres);
    project.provide("redisUrl", redis);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
