/** Where the services are. */
export interface Config {
  apiUrl: string;
  wsUrl: string;
}

declare global {
  interface Window {
    /** Set by /config.js, which belongs to the deployment and not to the build. */
    __PINGVAS_CONFIG__?: Partial<Config>;
  }
}

type BuildEnvironment = Pick<ImportMetaEnv, "VITE_API_URL" | "VITE_WS_URL">;

/** What the deployment says, else what the build was given, else the page's own origin. */
export function readConfig(deployed: Partial<Config> | undefined, built: BuildEnvironment): Config {
  const apiUrl = deployed?.apiUrl || built.VITE_API_URL || window.location.origin;
  const wsUrl = deployed?.wsUrl || built.VITE_WS_URL || apiUrl.replace(/^http/, "ws");
  return { apiUrl: withoutSlash(apiUrl), wsUrl: withoutSlash(wsUrl) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
