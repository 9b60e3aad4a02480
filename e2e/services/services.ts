import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** URL of a superuser's database on the Postgres of this test run. */
    readonly postgresUrl: string;
    readonly redisUrl: string;
  }
}

export interface FreshDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * An empty database of its own on the real Postgres of this run; one for each test file (or test) that needs one. Called
 * inside a test it is dropped when the test ends; outside, call `drop` in afterAll.
 */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await administer(`create database ${name}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}

/** A fresh database dropped at the end of the running test. */
export async function testDatabase(): Promise<string> {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  return database.url;
}

/** The real Redis of this run, shared by all test files: use a channel of your own, and never FLUSHALL. */
export function redisUrl(): string {
  return inject("redisUrl");
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("postgresUrl"), connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
