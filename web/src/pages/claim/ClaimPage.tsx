import { useCallback, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '../../graphql/generated/gql.ts';
import { thisInstanceUrl } from '../../instances/bookmarks.ts';
import { forgetClaimCode, rememberedClaimCode } from '../../instances/claim-code-from-fragment.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { ClaimPageView } from './ClaimPageView.tsx';
import { type ClaimOutcome, claimOutcome } from './claim-outcome.ts';

const ClaimInstanceDocument = graphql(`
  mutation ClaimInstance($code: String!) {
    claimInstance(code: $code) {
      __typename
      ... on InstanceClaimed {
        instance {
          id
          state
        }
      }
      ... on WrongClaimCode {
        message
        triesLeft
      }
      ... on ClaimLocked {
        message
      }
      ... on ClaimWindowClosed {
        message
      }
      ... on AlreadyClaimed {
        message
      }
      ... on CloudUnavailable {
        message
      }
    }
  }
`);

interface ClaimPageProps {
  baseUrl: string;
  name: string;
  instance: PublicInstance;
  onClaimed: () => void;
}

/** Claims an instance for the person who is signed in, with the code that came with the address or a typed one. */
export function ClaimPage({ baseUrl, name, instance, onClaimed }: ClaimPageProps) {
  const [outcome, setOutcome] = useState<ClaimOutcome>({ kind: 'asking' });
  const [, claimInstance] = useMutation(ClaimInstanceDocument);
  const lastCode = useRef<string>(undefined);

  const claim = useCallback(
    async (code: string) => {
      lastCode.current = code;
      setOutcome({ kind: 'claiming' });
      const { data, error } = await claimInstance({ code });
      const next = claimOutcome(code, data, error);
      // Once the instance has judged a code, sending it by itself again could only cost tries.
      if (next.kind !== 'not-decided') forgetClaimCode();
      setOutcome(next);
      if (next.kind === 'claimed') onClaimed();
    },
    [claimInstance, onClaimed],
  );

  const startedByItself = useRef(false);
  useEffect(() => {
    // The fragment belongs to the page's own instance, never to another one in the launcher.
    const code = baseUrl === thisInstanceUrl() ? rememberedClaimCode() : undefined;
    if (code === undefined || startedByItself.current) return;
    startedByItself.current = true;
    void claim(code);
  }, [baseUrl, claim]);

  return (
    <ClaimPageView
      name={name}
      outcome={outcome}
      notices={instance.notices}
      onSubmit={(code) => void claim(code)}
      onRetry={() => lastCode.current !== undefined && void claim(lastCode.current)}
      onStartOver={() => setOutcome({ kind: 'asking' })}
    />
  );
}
