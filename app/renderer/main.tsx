import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { z } from "zod";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./theme/global.css";
import { App } from "./app.tsx";
import { openConnection } from "./transport/open-connection.ts";

// The page's policy forbids evaluating strings, which zod would otherwise try (and be reported for) to speed itself up.
z.config({ jitless: true });

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App connection={openConnection()} />
  </StrictMode>,
);
