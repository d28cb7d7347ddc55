import type { ComponentProps } from 'react';
import { PageShell } from '../../components/PageShell.tsx';
import type { Bookmark } from '../../instances/bookmarks.ts';
import { AppBrand } from './AppBrand.tsx';
import { InstanceAccount, InstanceBrand } from './InstanceHeader.tsx';
import { InstanceNavigation, type InstancePageName } from './InstanceNavigation.tsx';
import { LauncherLink } from './LauncherLink.tsx';

interface AppPageProps extends Omit<ComponentProps<typeof PageShell>, 'brand' | 'navigation' | 'subpages'> {
  /** The instance that the page is about; its name and the account menu appear in the top bar. */
  bookmark?: Bookmark;
  /** Which of the pages of the instance this is. */
  page?: InstancePageName;
}

/** The frame of every page that an instance serves: the shell plus where one is and who one is. */
export function AppPage({ bookmark, page, ...shell }: AppPageProps) {
  return (
    <PageShell
      {...shell}
      brand={bookmark ? <InstanceBrand key={bookmark.url} bookmark={bookmark} /> : <AppBrand />}
      navigation={
        <>
          <LauncherLink />
          {bookmark ? <InstanceAccount key={bookmark.url} baseUrl={bookmark.url} /> : null}
        </>
      }
      subpages={
        bookmark ? <InstanceNavigation key={bookmark.url} bookmark={bookmark} current={page} /> : null
      }
    />
  );
}
