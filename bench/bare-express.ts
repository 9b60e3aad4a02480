/** What HTTP itself costs here: Express and a constant body, in a process of its own. Started by bench/serve.ts with the body's length. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";

const bytes = Number(process.argv[2] ?? 1024);
const body = JSON.stringify({ constant: "x".repeat(Math.max(0, bytes - 15)) });
const app = express();
app.disable("etag");
app.get("/", (_request, response) => void response.set("Content-Type", "application/json").send(body));
app.get("/cpu", (_request, response) => {
  const { user, system } = process.cpuUsage();
  response.json((user + system) / 1e6);
});
const server = createServer(app).listen(0, "127.0.0.1", () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.once("disconnect", () => process.exit());
