/**
 * What a person sees at an address that does not exist. It needs no script, so it also works without the web app; the
 * colours are those of the web app's theme, light or dark as the system says.
 */
export const notFoundPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Not found – Holdfast</title>
    <style>
      :root {
        color-scheme: light dark;
        --page: light-dark(#f5f8f7, #12181c); --card: light-dark(#fff, #1a2227); --line: light-dark(#dfe5e3, #364148);
        --text: light-dark(#212a28, #d8dfe0); --mark: light-dark(#1b7767, #5fc3ae); --stone: light-dark(#fff, #12181c);
        --button: light-dark(#1b7767, #176457);
      }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
      header { background: var(--card); border-bottom: 1px solid var(--line); padding: .8rem 1rem; }
      header a { display: inline-flex; align-items: center; gap: .6rem; color: inherit; text-decoration: none; }
      header span { font-size: 1.125rem; font-weight: 650; line-height: 1; }
      rect { fill: var(--mark); }
      g { stroke: var(--stone); fill: none; stroke-width: 2.6; stroke-linecap: round; stroke-linejoin: round; }
      circle { fill: var(--stone); }
      main {
        max-width: 30rem; margin: 12vh auto 0; padding: 2rem; background: var(--card);
        border: 1px solid var(--line); border-radius: .75rem;
      }
      @media (max-width: 32rem) { main { margin: 1.5rem 1rem 0; padding: 1.5rem; } }
      h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.3; }
      p { margin: 0 0 1.5rem; }
      main a {
        display: block; padding: .6rem 1rem; border-radius: .5rem; background: var(--button); color: #fff;
        font-weight: 600; text-align: center; text-decoration: none;
      }
      a:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
    </style>
  </head>
  <body>
    <header>
      <a href="/">
        <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8"/>
          <g>
            <path d="M16 5.5v8.5"/>
            <path d="M16 13.5c-5.2.6-8 4.3-7.4 9.3.2 1.7 1 3 2.3 3.9"/>
            <path d="M16 13.5c5.2.6 8 4.3 7.4 9.3-.2 1.7-1 3-2.3 3.9"/>
          </g>
          <circle cx="16" cy="21.5" r="3.3"/>
        </svg>
        <span>Holdfast</span>
      </a>
    </header>
    <main>
      <h1>There is nothing here</h1>
      <p>The address may be mistyped or out of date.</p>
      <a href="/">Go to the start page</a>
    </main>
  </body>
</html>
`;
