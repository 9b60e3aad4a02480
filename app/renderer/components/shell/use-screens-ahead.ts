import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { whenQuiet } from "../../transport/when-quiet.ts";

/** Loads the other screens' programs, one at a time and while nothing is to do, so that the first click on each finds it there. */
export function useScreensAhead(): void {
  const client = useQueryClient();
  const router = useRouter();
  useEffect(() => {
    let left = false;
    const loadAll = async () => {
      for (const route of Object.values(router.routesById)) {
        await whenQuiet(client);
        if (left) return;
        await router.loadRouteChunk(route);
      }
    };
    // A program that cannot be loaded now is asked for again, and spoken of, when its screen is opened.
    loadAll().catch(() => undefined);
    return () => {
      left = true;
    };
  }, [client, router]);
}
