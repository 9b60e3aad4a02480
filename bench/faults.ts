/**
 * Two real servers on real Postgres and Redis, under load, through faults drawn by a seed:
 *   node bench/faults.ts [--faults 60] [--seed S] [--minutes 12] [--rate 100] [--only "server killed,Redis killed"] [--keep-logs]
 * Recommendations with keys and access tokens, feedback with idempotency keys, versions published, activated and rolled back,
 * keys revoked and sessions ended, all the time. A checker knows every acknowledged piece of feedback and every switch: nothing
 * lost, nothing applied twice, no answer of a version that is not live, none to whom none is due. Exits with 1 on any violation
 * or when recommendations were available less than 99.9 %, with 2 when the time was over first. `--only "server killed" --faults 50` kills a server fifty times.
 */
import { parseArgs } from "node:util";
import { faultKinds } from "./faults/kinds.ts";
import { faultRun } from "./faults/fault-run.ts";
import { availability, percentile } from "./faults/tally.ts";
import { limitTime, verdictOf } from "./time-limit.ts";

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "12" },
    rate: { type: "string", default: "100" },
    only: { type: "string", default: "" },
  },
});
const only = values.only === "" ? [] : values.only.split(",").map((name) => name.trim());
const unknown = only.filter((name) => !faultKinds.some((kind) => kind.name === name));
if (unknown.length > 0)
  throw new Error(`There is no fault "${unknown[0]}"; there are: ${faultKinds.map(({ name }) => name).join(", ")}.`);

const say = (line: string) => void process.stdout.write(`${line}\n`);
say(`seed ${values.seed}`);
// Beyond its own time: what it waits for at the end has limits of its own.
limitTime(Number(values.minutes) + 3);
const { ledger, tally, played, skipped, answers, switches, seconds } = await faultRun({
  faults: Number(values.faults),
  seed: Number(values.seed),
  minutes: Number(values.minutes),
  perSecond: Number(values.rate),
  only,
  lasts: [2.5, 5],
  patience: 1,
  say,
});

const share = (value: number) => `${(100 * value).toFixed(3)} %`;
say(
  `\n${"fault".padEnd(38)} times  recovered   recommendations: available (503 counted as good)   p99       feedback kept at once  violations`,
);
for (const name of ["calm", ...played.keys()]) {
  const recoveries = played.get(name) ?? [];
  const asked = tally.of(name, "recommendations");
  const given = tally.of(name, "feedback");
  const { strict, shedAsGood } = availability(asked);
  const violations = ledger.violations.filter(({ during }) => during === name || during === `after ${name}`).length;
  say(
    `${name.padEnd(38)} ${String(recoveries.length).padStart(5)}  ${recoveries.length === 0 ? "" : `${(Math.max(...recoveries) / 1000).toFixed(1)} s`.padStart(9)}`.padEnd(
      56,
    ) +
      ` ${String(asked.asked - asked.dead - asked.expired).padStart(6)} ${share(strict).padStart(10)} (${share(shedAsGood)})`.padEnd(
        36,
      ) +
      `${percentile(asked.times, 0.99).toFixed(0).padStart(7)} ms ${String(given.asked - given.dead).padStart(12)} ${share(availability(given).strict).padStart(10)} ${String(violations).padStart(8)}`,
  );
}
for (const [name, why] of skipped) say(`NOT PLAYED: ${name}: ${why}`);

const recommendations = tally.total("recommendations");
const feedback = tally.total("feedback");
const total = availability(recommendations);
const tiers = new Map<string, number>();
for (const { kept } of ledger.sent.values()) tiers.set(kept ?? "nobody", (tiers.get(kept ?? "nobody") ?? 0) + 1);
say(`
${[...played.values()].flat().length} faults in ${seconds.toFixed(0)} s; ${answers} lists judged against ${switches} switches
recommendations: ${recommendations.asked} asked, ${recommendations.dead} of them of a server that was killed, ${recommendations.expired} with a token that had expired by a clock ahead; available ${share(total.strict)}, with deliberate 503 ${share(total.shedAsGood)}; failed ${recommendations.failed}
feedback: ${ledger.sent.size} pieces in ${feedback.asked} requests, ${feedback.shed} of them refused with 503 and ${feedback.failed} failed; kept by ${[...tiers].map(([tier, count]) => `${tier} ${count}`).join(", ")}`);
const faults = [...played.values()].flat().length;
const passed = ledger.violations.length === 0 && total.shedAsGood >= 0.999;
say(
  `${verdictOf(passed, faults, Number(values.faults))}: ${ledger.violations.length} violations, recommendations available ${share(total.shedAsGood)} (wanted: 99.900 %), ${faults} of ${values.faults} faults, seed ${values.seed}`,
);
process.exitCode = passed ? (faults < Number(values.faults) ? 2 : 0) : 1;
