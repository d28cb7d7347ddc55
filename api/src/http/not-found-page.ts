/**
 * What a person sees at an address that does not exist. It needs no script and no other file, so it also works without the
 * web app, whose colours and mark it bears.
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
        --page: light-dark(#f5f8f7, #12181c);
        --surface: light-dark(#ffffff, #1a2227);
        --line: light-dark(#dfe5e3, #364148);
        --text: light-dark(#16201e, #d8dfe0);
        --link: light-dark(#176457, #86d4c2);
        --mark: light-dark(#1b7767, #5fc3ae);
        --mark-detail: light-dark(#ffffff, #12181c);
      }
      body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
      header { padding: 0.875rem max(1rem, calc(50vw - 32rem)); background: var(--surface); border-bottom: 1px solid var(--line); }
      .brand { display: inline-flex; gap: 0.5rem; align-items: center; color: inherit; font-size: 1.125rem; font-weight: 650; text-decoration: none; }
      main { box-sizing: border-box; max-width: 30rem; margin: 10vh auto 0; padding: 0 1rem; }
      section { padding: 1.5rem; background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem; }
      h1 { margin: 0 0 0.75rem; font-size: 1.625rem; line-height: 1.25; }
      p { margin: 0; }
      p a { color: var(--link); }
      a:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; border-radius: 0.25rem; }
      rect { fill: var(--mark); }
      path { stroke: var(--mark-detail); stroke-width: 2.6; stroke-linecap: round; stroke-linejoin: round; }
      circle { fill: var(--mark-detail); }
    </style>
  </head>
  <body>
    <header>
      <a class="brand" href="/" aria-label="Holdfast, start page">
        <svg width="28" height="28" viewBox="0 0 32 32" fill="none" aria-hidden="true">
          <rect width="32" height="32" rx="8"/>
          <path d="M16 5.5v8.5"/>
          <path d="M16 13.5c-5.2.6-8 4.3-7.4 9.3.2 1.7 1 3 2.3 3.9"/>
          <path d="M16 13.5c5.2.6 8 4.3 7.4 9.3-.2 1.7-1 3-2.3 3.9"/>
          <circle cx="16" cy="21.5" r="3.3"/>
        </svg>
        Holdfast
      </a>
    </header>
    <main>
      <section>
        <h1>There is nothing here</h1>
        <p>The address may be mistyped or out of date. <a href="/">Go to the instance</a>.</p>
      </section>
    </main>
  </body>
</html>
`;
