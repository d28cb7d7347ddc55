/** The cloud's pages: its people's accounts, and the approval of device logins. */
import '../trusted-types/style-sheets-only.ts';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AppProviders } from '../components/AppProviders.tsx';
import { reloadForLaterLinks, takeLinkToken } from './links/link-token.ts';
import { createAccountRouter } from './router.tsx';
import { createUserCodeStore, takeUserCodesFromAddress } from './user-code-store.ts';

const userCodes = createUserCodeStore(sessionStorageIfAllowed());
// Before anything else runs: the code must not stay in the address bar or the history.
takeUserCodesFromAddress(userCodes, window);
reloadForLaterLinks(window);
const router = createAccountRouter({ userCodes, linkToken: takeLinkToken(window) });

const root = document.getElementById('root');
if (!root) throw new TypeError('account.html has no element with the id "root".');
createRoot(root).render(
  <StrictMode>
    <AppProviders>
      <RouterProvider router={router} />
    </AppProviders>
  </StrictMode>,
);

/** Session storage; undefined where the browser's settings forbid it. */
function sessionStorageIfAllowed(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}
