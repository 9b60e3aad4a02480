import {
  IconArrowsDiff,
  IconBox,
  IconDatabase,
  IconHome,
  IconMovie,
  IconRocket,
  IconSettings,
  IconSchool,
} from "@tabler/icons-react";

/** The screens of the left navigation, in the order of the work. */
export const rooms = [
  { id: "home", label: "Home", to: "/", icon: IconHome, letter: "h", digit: 1 },
  { id: "data", label: "Data", to: "/data", icon: IconDatabase, letter: "d", digit: 2 },
  { id: "train", label: "Train", to: "/train", icon: IconSchool, letter: "t", digit: 3 },
  { id: "compare", label: "Compare", to: "/compare", icon: IconArrowsDiff, letter: "c", digit: 4 },
  { id: "recommendations", label: "Recommendations", to: "/recommendations", icon: IconMovie, letter: "r", digit: 5 },
  { id: "models", label: "Models", to: "/models", icon: IconBox, letter: "m", digit: 6 },
  { id: "publish", label: "Publish", to: "/publish", icon: IconRocket, letter: "p", digit: 7 },
  { id: "settings", label: "Settings", to: "/settings", icon: IconSettings, letter: "s", digit: 8 },
] as const;
