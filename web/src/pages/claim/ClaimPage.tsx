import { useCallback, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '../../graphql/generated/gql.ts';
import { forgetClaimCode, rememberedClaimCode } from '../../instances/claim-code-from-fragment.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { ClaimPageView } from './ClaimPageView.tsx';
import { type ClaimOutcome, claimOutcome } from './claim-outcome.ts';
import { useClaimTries } from './use-claim-tries.ts';

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
      ... on OutdatedClaimCode {
        message
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

const asking: ClaimOutcome = { kind: 'asking' };

interface ClaimPageProps {
  baseUrl: string;
  name: string;
  instance: PublicInstance;
  onClaimed: () => void;
}

/** Claims an instance for the person who is signed in, with the code that came with the address or a typed one. */
export function ClaimPage({ baseUrl, name, instance, onClaimed }: ClaimPageProps) {
  const [outcome, setOutcome] = useState<ClaimOutcome>(asking);
  const { tries, refetch: refetchTries } = useClaimTries(instance);
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
      refetchTries();
      if (next.kind === 'claimed') onClaimed();
    },
    [claimInstance, onClaimed, refetchTries],
  );

  // A restart opens what was closed. The answers that show it come later than the one that closed it.
  const [seen, setSeen] = useState({ tries, instance });
  if (seen.tries !== tries || seen.instance !== instance) {
    setSeen({ tries, instance });
    const unlocked = outcome.kind === 'locked' && seen.tries !== tries && Boolean(tries?.left);
    const inTime = outcome.kind === 'window-closed' && seen.instance !== instance && !isOver(instance);
    if (unlocked || inTime) setOutcome(asking);
  }

  const startedByItself = useRef(false);
  useEffect(() => {
    const code = rememberedClaimCode(baseUrl);
    if (code === undefined || startedByItself.current) return;
    startedByItself.current = true;
    void claim(code);
  }, [baseUrl, claim]);

  return (
    <ClaimPageView
      name={name}
      outcome={outcome}
      notices={instance.notices}
      windowEnd={instance.claimWindowEnd === null ? undefined : Date.parse(instance.claimWindowEnd)}
      tries={tries}
      onSubmit={(code) => void claim(code)}
      onRetry={() => lastCode.current !== undefined && void claim(lastCode.current)}
      onStartOver={() => setOutcome(asking)}
    />
  );
}

function isOver({ notices }: PublicInstance): boolean {
  return notices.some(({ code }) => code === 'CLAIM_WINDOW_CLOSED');
}
