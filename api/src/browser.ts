/**
 * Opens `url` in the person's browser, if there is a screen to show it on.
 *
 * @returns whether a browser was asked to open it
 */
export async function openInBrowser(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (!hasScreen(env, platform)) return false;
  try {
    const { default: open } = await import('open');
    const child = await open(url);
    // A missing browser is no reason to end: the address stands in the terminal.
    child.on('error', () => undefined);
    return true;
  } catch {
    return false;
  }
}

function hasScreen(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (env.CI || env.SSH_CONNECTION) return false;
  return platform === 'darwin' || platform === 'win32' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}
