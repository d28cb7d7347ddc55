import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  type RouterHistory,
} from '@tanstack/react-router';
import { DevicePage } from './device/DevicePage.tsx';
import { HomePage } from './home/HomePage.tsx';
import { PageCrashed } from './layout/PageCrashed.tsx';
import { ForgotPasswordPage } from './links/ForgotPasswordPage.tsx';
import { ResetPasswordPage } from './links/ResetPasswordPage.tsx';
import { VerifyEmailPage } from './links/VerifyEmailPage.tsx';
import type { AccountPath } from './navigation.tsx';
import { NotFoundPage } from './not-found/NotFoundPage.tsx';
import { RegistrationKeysPage } from './registration-keys/RegistrationKeysPage.tsx';
import { SecurityPage } from './security/SecurityPage.tsx';
import { SignInPage } from './sign-in/SignInPage.tsx';
import { SignUpPage } from './sign-up/SignUpPage.tsx';
import type { UserCodeStore } from './user-code-store.ts';

interface AccountRouterOptions {
  userCodes: UserCodeStore;
  /** The token of the link that led here, if one did. */
  linkToken?: string | undefined;
  /** The browser's, unless a test brings its own. */
  history?: RouterHistory;
}

/** The addresses of the account pages. */
export function createAccountRouter({ userCodes, linkToken, history }: AccountRouterOptions) {
  const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });
  const page = (path: AccountPath, component: () => React.ReactNode) =>
    createRoute({ getParentRoute: () => root, path, component });
  return createRouter({
    routeTree: root.addChildren([
      page('/', HomePage),
      page('/sign-in', SignInPage),
      page('/sign-up', () => <SignUpPage invite={linkToken} />),
      page('/forgot-password', ForgotPasswordPage),
      page('/reset-password', () => <ResetPasswordPage token={linkToken} />),
      page('/verify-email', () => <VerifyEmailPage token={linkToken} />),
      page('/security', SecurityPage),
      page('/registration-keys', RegistrationKeysPage),
      page('/device', () => <DevicePage userCodes={userCodes} />),
    ]),
    history,
    defaultErrorComponent: PageCrashed,
    scrollRestoration: true,
  });
}
