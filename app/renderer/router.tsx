import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { AppShell } from "./components/shell/app-shell.tsx";
import { NotFound } from "./components/shell/not-found.tsx";
import { ScreenError } from "./components/feedback/screen-error.tsx";
import { HomeScreen } from "./screens/home/home-screen.tsx";
import {
  compareModelsSearch,
  compareSearch,
  helpSearch,
  importSearch,
  mapSearch,
  modelSearch,
  modelsSearch,
  newSnapshotSearch,
  publishSearch,
  recommendationsSearch,
  settingsSearch,
  snapshotSearch,
  trainSearch,
} from "./search-params.ts";

const root = createRootRoute({ component: AppShell, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  // Where most starts lead: not asked for after the rest has come.
  component: HomeScreen,
});
const data = createRoute({
  getParentRoute: () => root,
  path: "/data",
  component: lazyRouteComponent(() => import("./screens/data/data-screen.tsx"), "DataScreen"),
});
const importRatings = createRoute({
  getParentRoute: () => root,
  path: "/data/import",
  validateSearch: (search) => importSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/data/import-screen.tsx"), "ImportScreen"),
});
const newSnapshot = createRoute({
  getParentRoute: () => root,
  path: "/data/new-snapshot",
  validateSearch: (search) => newSnapshotSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/data/new-snapshot-screen.tsx"), "NewSnapshotScreen"),
});
const snapshot = createRoute({
  getParentRoute: () => root,
  path: "/data/snapshots/$snapshotId",
  validateSearch: (search) => snapshotSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/data/snapshot-screen.tsx"), "SnapshotScreen"),
});
const train = createRoute({
  getParentRoute: () => root,
  path: "/train",
  validateSearch: (search) => trainSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/train/train-screen.tsx"), "TrainScreen"),
});
const searchTrials = createRoute({
  getParentRoute: () => root,
  path: "/train/searches/$searchId",
  component: lazyRouteComponent(() => import("./screens/train/search-screen.tsx"), "SearchScreen"),
});
const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: (search) => compareSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/compare/compare-screen.tsx"), "CompareScreen"),
});
const recommendations = createRoute({
  getParentRoute: () => root,
  path: "/recommendations",
  validateSearch: (search) => recommendationsSearch.parse(search),
  component: lazyRouteComponent(
    () => import("./screens/recommendations/recommendations-screen.tsx"),
    "RecommendationsScreen",
  ),
});
const filmMap = createRoute({
  getParentRoute: () => root,
  path: "/recommendations/map",
  validateSearch: (search) => mapSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/film-map/map-screen.tsx"), "MapScreen"),
});
const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (search) => modelsSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/models/models-screen.tsx"), "ModelsScreen"),
});
const compareModels = createRoute({
  getParentRoute: () => root,
  path: "/models/compare",
  validateSearch: (search) => compareModelsSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/models/compare-models-screen.tsx"), "CompareModelsScreen"),
});
const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$modelId",
  validateSearch: (search) => modelSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/models/model-screen.tsx"), "ModelScreen"),
});
const publish = createRoute({
  getParentRoute: () => root,
  path: "/publish",
  validateSearch: (search) => publishSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/publish/publish-screen.tsx"), "PublishScreen"),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: (search) => settingsSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/settings/settings-screen.tsx"), "SettingsScreen"),
});

const help = createRoute({
  getParentRoute: () => root,
  path: "/help",
  validateSearch: (search) => helpSearch.parse(search),
  component: lazyRouteComponent(() => import("./screens/help/help-screen.tsx"), "HelpScreen"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    data,
    importRatings,
    newSnapshot,
    snapshot,
    train,
    searchTrials,
    compare,
    recommendations,
    filmMap,
    models,
    compareModels,
    model,
    publish,
    settings,
    help,
  ]),
  // The address lives after #, so that one page serves every view from app:// and from any web host.
  history: createHashHistory(),
  defaultErrorComponent: ({ error, reset }) => <ScreenError error={error} reset={reset} />,
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
