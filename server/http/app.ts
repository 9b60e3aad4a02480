import express from "express";
import type { RequestListener } from "node:http";
import { createRateLimiter } from "../auth/rate-limit.ts";
import type { RedisStore } from "../cache/redis.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ServerContext } from "./context.ts";
import { createDispatch } from "./dispatch.ts";
import type { LoadShedding } from "./load-shedding.ts";
import { createObserver } from "./middleware/observe.ts";
import type { Route } from "./route.ts";
import { administrationRoutes } from "./routes/administration.ts";
import { cacheRoutes } from "./routes/cache.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import { descriptionRoutes } from "./routes/description.ts";
import { experimentRoutes } from "./routes/experiments.ts";
import { feedbackRoutes } from "./routes/feedback.ts";
import { meRoutes } from "./routes/me.ts";
import { operationRoutes } from "./routes/operations.ts";
import { predictionRoutes } from "./routes/predictions.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { versionQualityRoutes } from "./routes/version-quality.ts";
import { versionRoutes } from "./routes/versions.ts";

/** Every route there is: nothing else answers. */
export function everyRoute(context: ServerContext): Route[] {
  const routes = routesOf(context);
  return [...routes, ...descriptionRoutes(routes, context.software)];
}

/** Every route but those that describe them. */
export function routesOf(context: ServerContext): Route[] {
  return [
    ...recommendationRoutes(context),
    ...predictionRoutes(context),
    ...feedbackRoutes(context),
    ...catalogueRoutes(context),
    ...versionRoutes(context),
    ...versionQualityRoutes(context),
    ...experimentRoutes(context),
    ...cacheRoutes(context),
    ...sessionRoutes(context),
    ...meRoutes(context),
    ...administrationRoutes(context),
    ...operationRoutes(context),
  ];
}

/** `redis` counts requests for all replicas; null: each counts for itself. */
export function createApp(
  context: ServerContext,
  logger: Logger,
  redis: RedisStore | null,
  shedding: Pick<LoadShedding, "refuses">,
): RequestListener {
  const { config, authenticator } = context;
  const { channel } = config;
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", config.trustedProxies);
  const dispatch = createDispatch({
    routes: everyRoute(context),
    config,
    authenticator,
    limit: createRateLimiter({ redis, channel, what: "key", perMinute: config.rateLimitPerMinute }),
    openLimit: createRateLimiter({ redis, channel, what: "address", perMinute: config.openRateLimitPerMinute }),
    shedding,
    observe: createObserver(context.metrics, context.accessLines),
    logger,
  });
  app.use(dispatch.handle);
  return (request, response) => {
    if (!dispatch.again(request, response)) app(request, response);
  };
}
