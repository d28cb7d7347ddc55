/** The instance's pages: signing in, claiming, the overview, the playground, and the launcher. */
import './trusted-types/style-sheets-only.ts';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AuthProvider } from './auth/AuthProvider.tsx';
import { AppProviders } from './components/AppProviders.tsx';
import { takeClaimCodeFromFragment } from './instances/claim-code-from-fragment.ts';
import { createAppRouter } from './router.tsx';

// Before anything else runs: the code must not stay in the address bar or the history.
takeClaimCodeFromFragment();
const router = createAppRouter();

const root = document.getElementById('root');
if (!root) throw new TypeError('index.html has no element with the id "root".');
createRoot(root).render(
  <StrictMode>
    <AppProviders>
      <AuthProvider>
        <RouterProvider router={router} />
      </AuthProvider>
    </AppProviders>
  </StrictMode>,
);
