/** What a person sees of a Postgres and a Redis that refuse, hang, are held up or vanish, and what comes of their work. */
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import pg from "pg";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inEngine } from "../bench/many-runs.ts";
import { runJob } from "../core/contract/transport.ts";
import { startPostgres } from "./services/start-postgres.ts";
import type { RunningPostgres } from "./services/start-postgres.ts";
import { startRedis } from "./services/start-redis.ts";
import type { RunningRedis } from "./services/start-redis.ts";
import { tcpProxy } from "./services/tcp-proxy.ts";
import type { TcpProxy } from "./services/tcp-proxy.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import type { BrowserWorkbench } from "./workbench/in-browser.ts";
import { goTo } from "./workbench/main-job.ts";
import { addTarget, beginPublication, chooseTarget, testTarget, untilLive } from "./workbench/targets.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

const folder = temporaryFolder("failing-services");
const password = "Kinosaal-2207";
let postgres: RunningPostgres;
let redis: RunningRedis;
let postgresWire: TcpProxy;
let redisWire: TcpProxy;
let workbench: BrowserWorkbench;
let page: Page;
let keep: (name: string) => Promise<void>;
const violations: string[] = [];

beforeAll(async () => {
  if (chromiumPath === null) return;
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  postgresWire = await tcpProxy({ host: "127.0.0.1", port: Number(new URL(postgres.url).port) });
  redisWire = await tcpProxy({ host: "127.0.0.1", port: Number(new URL(redis.url).port) });
  await inPostgres(async (client) => {
    await client.query(`create role publisher login password '${password}'`);
    await client.query("create database films owner publisher");
  });
  await inEngine(folder.path, async (transport) => {
    const { snapshotId } = await runJob(transport, "sample.create", { users: 120, items: 150, ratings: 4000 });
    const { splitId } = await runJob(transport, "splits.create", { snapshotId, protocol: { protocol: "random" } });
    await runJob(transport, "runs.train", { splitId, algorithm: "biases" });
  });
  workbench = await startInBrowser(chromiumPath, folder.path);
  ({ page } = workbench);
  page.setDefaultTimeout(30_000);
  keep = screenshots("failing-services", page);
  await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
  await addTarget(page, {
    name: "Films",
    postgres: address(postgresWire.port),
    redis: `redis://127.0.0.1:${String(redisWire.port)}`,
  });
});

afterAll(async () => {
  if (chromiumPath === null) return;
  await workbench.close();
  await Promise.all([postgresWire.close(), redisWire.close()]);
  await Promise.all([postgres.stop(), redis.stop()]);
  folder.remove();
});

async function shot(name: string): Promise<void> {
  await keep(name);
  violations.push(...(await accessibilityViolations(page, name)));
}

/** Whatever failed was told on the screen, and not thrown into the console. */
function expectNoRemarks(): void {
  expect(violations.splice(0)).toEqual([]);
  expect(workbench.complaints).toEqual([]);
}

async function inPostgres<T>(work: (client: pg.Client) => Promise<T>, database = "postgres"): Promise<T> {
  const url = new URL(postgres.url);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const address = (port: number, secret = password) => `postgres://publisher:${secret}@127.0.0.1:${String(port)}/films`;
const form = () => page.getByRole("region", { name: "Publish a model" });
/** The panel of an error also holds the whole of it, to copy. */
const saysOf = (place: Locator, text: string | RegExp) =>
  place.getByRole("paragraph").filter({ hasText: text }).first().waitFor();
const formSays = (text: string | RegExp) => saysOf(form(), text);
const liveVersion = () =>
  inPostgres(async (client) => {
    const { rows } = await client.query<{ version: string }>(
      "select active_version as version from reelbench.deployments",
    );
    return rows[0]?.version;
  }, "films");

it.skipIf(chromiumPath === null)("a Postgres that refuses is told apart from one that hangs", async () => {
  const silent = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port: silentPort } = silent.address() as AddressInfo;
  await postgresWire.cut();
  try {
    await addTarget(page, { name: "Closed", postgres: address(postgresWire.port) });
    await shot("closed-screen");
    let test = await testTarget(page, "Closed");
    await test
      .getByText(`Postgres cannot be reached: nothing listens at 127.0.0.1:${String(postgresWire.port)}.`)
      .waitFor();
    await test.getByText("Something does not work yet.").waitFor();
    await shot("closed-test");
    await test.getByRole("button", { name: "Close", exact: true }).last().click();
    await beginPublication(page);
    await formSays(`nothing listens at 127.0.0.1:${String(postgresWire.port)}`);
    await formSays("Stopped at “Prepare”. What was serving still is.");
    await shot("closed-publish");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 900, height: 880 });
    await shot("closed-publish-dark-narrow");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1360, height: 880 });

    await addTarget(page, { name: "Refusing", postgres: address(Number(new URL(postgres.url).port), "guessed") });
    test = await testTarget(page, "Refusing");
    await test
      .getByText('Postgres refused the login: password authentication failed for user "publisher"', { exact: false })
      .waitFor();
    expect(await test.innerText()).not.toContain("guessed");
    await shot("refusing-test");
    await test.getByRole("button", { name: "Close", exact: true }).last().click();
    await beginPublication(page);
    await form().getByRole("alert").getByText("The target refused the login").waitFor();
    await shot("refusing-publish");

    await addTarget(page, { name: "Silent", postgres: address(silentPort) });
    await page
      .getByText(/^No answer yet, after \d s\.$/)
      .first()
      .waitFor();
    await shot("silent-screen");
    const says = `127.0.0.1:${String(silentPort)} takes connections, but says nothing`;
    test = await testTarget(page, "Silent");
    await test.getByText(says, { exact: false }).waitFor();
    await shot("silent-test");
    // Nobody has to wait for it.
    await test.getByRole("button", { name: "Test again" }).click();
    await test.getByRole("button", { name: "Cancel" }).click();
    await test.waitFor({ state: "hidden" });
    await beginPublication(page);
    await form()
      .getByText(/Connecting to the target/)
      .waitFor();
    await form().getByRole("button", { name: "Cancel the publication" }).click();
    await formSays("Cancelled at “Prepare”. What was serving still is.");
    await shot("silent-cancelled");
    await beginPublication(page);
    await formSays(says);
    await shot("silent-publish");

    // Nothing was trained again for targets that cannot be published to.
    expect(readdirSync(join(folder.path, "runs")).filter((name) => !name.startsWith("."))).toHaveLength(1);

    // What was asked before is not the answer of now.
    await postgresWire.mend();
    await goTo(page, "Publish");
    await chooseTarget(page, "Closed");
    test = await testTarget(page, "Closed");
    await test.getByText("Everything works.").waitFor();
    await shot("mended-test");
    await test.getByRole("button", { name: "Close", exact: true }).last().click();
    expectNoRemarks();
  } finally {
    silent.close();
    await postgresWire.mend();
  }
});

it.skipIf(chromiumPath === null)(
  "a Redis that is away costs a warning, before, during and after a publication",
  async () => {
    await goTo(page, "Publish");
    await chooseTarget(page, "Films");
    await redisWire.cut();
    await beginPublication(page);
    const first = await untilLive(page);
    await formSays(`Redis cannot be reached: nothing listens at 127.0.0.1:${String(redisWire.port)}.`);
    expect(await liveVersion()).toBe(first);
    await shot("published-without-redis");

    // It answers a little, and is gone before it has taken what is written ahead.
    await redisWire.mend();
    redisWire.tear(400);
    await beginPublication(page);
    await formSays("Redis cannot be reached: the connection broke off.");
    expect(await untilLive(page)).toBe(first);
    await shot("redis-torn");

    await redisWire.mend();
    const section = page.getByRole("region", { name: "Bundled server" });
    await section.getByRole("button", { name: "Start server" }).click();
    await section.getByText("Running").waitFor({ timeout: 60_000 });
    const url = await section.locator("code").first().innerText();
    await section.getByRole("button", { name: "Show" }).click();
    const authorization = `Bearer ${await section.locator("code").nth(1).innerText()}`;
    const asked = async () => {
      const answer = await fetch(new URL("/v1/users/1/recommendations?n=5", url), { headers: { authorization } });
      await answer.text();
      return answer.status;
    };
    const metrics = page.getByRole("region", { name: "Production metrics" });
    await metrics.getByText(`serves ${first}`).waitFor();
    await metrics.getByText("Without Redis").waitFor({ state: "hidden" });
    await redisWire.cut();
    await metrics.getByText("Without Redis").waitFor();
    await metrics.getByText("Its Redis does not answer", { exact: false }).waitFor();
    expect(await asked()).toBe(200);
    await metrics.scrollIntoViewIfNeeded();
    await shot("server-without-redis");
    await redisWire.mend();
    await metrics.getByText("Without Redis").waitFor({ state: "hidden" });
    expect(await asked()).toBe(200);
    await section.getByRole("button", { name: "Stop server" }).click();
    await section.getByText("Stopped").waitFor();
    expectNoRemarks();
  },
);

it.skipIf(chromiumPath === null)(
  "a Postgres that is held up, and one that falls silent half-way, hold up nobody for long",
  async () => {
    await goTo(page, "Publish");
    await chooseTarget(page, "Films");
    await beginPublication(page);
    const live = await untilLive(page);
    // Somebody's session holds the tables, as a long migration or a careless console does.
    await inPostgres(async (holder) => {
      await holder.query("begin; lock table reelbench.deployments, reelbench.versions in access exclusive mode");
      await page.reload();
      await page
        .getByText(/^No answer yet, after \d s\.$/)
        .first()
        .waitFor();
      await beginPublication(page);
      await form()
        .getByText(/ · no news for \d+ s$/)
        .waitFor();
      await shot("held-up");
      // The rest of the screen, and of the workbench, waits for nobody.
      await page
        .getByRole("region", { name: "Targets" })
        .getByRole("button", { name: /^Local/ })
        .first()
        .click();
      await page.getByRole("heading", { name: "Publish to the local server" }).waitFor();
      await goTo(page, "Compare");
      await page.getByRole("table").first().getByText("Biases").first().waitFor();
      await goTo(page, "Publish");
      await chooseTarget(page, "Films");
      await page.getByText("What is live on Films is not known").waitFor();
      await saysOf(
        page.getByRole("main"),
        "Postgres answers, but somebody else's session holds what is needed here locked",
      );
      // Though the screen was left meanwhile.
      await form().getByRole("alert").getByText("The target took too long").waitFor();
      await shot("held-up-told");
    }, "films");
    // Whichever comes first: the screen asks again by itself, too.
    const again = page.getByRole("button", { name: "Try again" }).first();
    await again.click({ timeout: 2_000 }).catch(() => undefined);
    await page.getByRole("region", { name: "Live now" }).getByText(live).first().waitFor();

    await beginPublication(page);
    // As soon as the publisher holds its lock it is in the middle.
    await inPostgres(
      (client) =>
        expect
          .poll(
            async () => (await client.query("select from pg_locks where locktype = 'advisory' and granted")).rowCount,
            {
              interval: 20,
              timeout: 30_000,
            },
          )
          .toBeGreaterThan(0),
      "films",
    );
    postgresWire.freeze();
    await formSays("Postgres cannot be reached: it stopped answering.");
    await shot("silent-half-way");
    expect(await liveVersion()).toBe(live);
    await postgresWire.mend();
    await beginPublication(page);
    expect(await untilLive(page)).toBe(live);
    expect(await liveVersion()).toBe(live);
    expectNoRemarks();
  },
);
