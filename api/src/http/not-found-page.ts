/** What a person sees at an address that does not exist. It needs no script, so it also works without the web app. */
export const notFoundPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Not found – Holdfast</title>
    <style>
      :root { color-scheme: light dark; }
      a { color: inherit; }
      body { font-family: system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem; }
    </style>
  </head>
  <body>
    <main>
      <h1>There is nothing here</h1>
      <p>The address may be mistyped or out of date. <a href="/">Go to the instance</a>.</p>
    </main>
  </body>
</html>
`;
