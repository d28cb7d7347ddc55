import type { ViewerQuery } from '../src/graphql/generated/graphql.ts';
import type { PublicInstance } from '../src/pages/instance-queries.ts';
import { EventStream } from './event-stream.ts';
import { type Answer, json, type SentRequest, silence } from './fake-network.ts';
import { publicInstance } from './instances.ts';
import { baseUrl } from './sessions.ts';
import { TestCloud } from './test-cloud.ts';

interface Operation {
  operationName: string;
  variables: Record<string, unknown>;
}

/** An instance at `url` that answers GraphQL by the names of operations, together with its cloud. */
export class InstanceServer extends TestCloud {
  /** The public part, as it is at the moment. */
  instance: PublicInstance = publicInstance();
  /** Who is signed in. */
  viewer: ViewerQuery['viewer'] = {
    id: 'account-1',
    email: 'ada@example.test',
    name: 'Ada Lovelace',
    role: 'OWNER',
    workspace: { id: 'workspace-1', name: 'Ada’s workspace' },
  };
  /** Null once the instance is claimed. */
  claimTriesLeft: number | null = 5;
  readonly url: string;
  readonly #operations = new Map<string, Answer[]>();
  #isSilent = false;

  constructor(url = baseUrl) {
    super();
    this.url = url;
    this.answerOperation('PublicInstance', (request) => json({ data: { instance: this.instance } })(request));
    this.answerOperation('ConnectionCheck', (request) =>
      json({ data: { instance: this.instance } })(request),
    );
    this.answerOperation('Viewer', (request) => json({ data: { viewer: this.viewer } })(request));
    this.answerOperation(
      'MemberInstance',
      json({
        data: {
          instance: {
            __typename: 'Instance',
            id: 'instance-1',
            name: 'Lab',
            secretsProtection: { keySource: 'KEY_FILE' },
            startedAt: '2026-11-23T12:00:00.000Z',
            owner: {
              claimedAt: '2026-11-23T12:00:00.000Z',
              workspace: { id: 'workspace-1', name: 'Ada’s workspace' },
            },
          },
        },
      }),
    );
    const places = {
      dataPath: '/var/lib/holdfast',
      secretsProtection: { keyLocation: '/etc/holdfast/lab.key' },
    };
    this.answerOperation(
      'InstancePlaces',
      json({ data: { instance: { __typename: 'Instance', id: 'instance-1', ...places } } }),
    );
    this.answerOperation('ClaimTries', (request) =>
      json({ data: { viewer: { id: 'account-1', claimTriesLeft: this.claimTriesLeft } } })(request),
    );
    const noSessions = { edges: [], pageInfo: { endCursor: null, hasNextPage: false } };
    this.answerOperation('EndedSessions', json({ data: { sessions: noSessions } }));
    for (const subscription of ['InstanceChanged', 'AuditEntryAdded'])
      this.answerOperation(subscription, (request) => new EventStream().answer(request));
    this.answer(`POST ${url}/graphql`, (request) => this.#answerOperation(request));
  }

  /** From now on nobody is there. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  /** The end of `fallSilent`. */
  answerAgain(): void {
    this.#isSilent = false;
  }

  /** Arranges answers for an operation: one per request, the last for all that follow. */
  answerOperation(name: string, ...answers: Answer[]): void {
    this.#operations.set(name, answers);
  }

  /** The requests for an operation, oldest first. */
  operations(name: string): (SentRequest & Operation)[] {
    return this.requestsOf(`POST ${this.url}/graphql`)
      .map((request) => ({ ...request, ...operationOf(request) }))
      .filter(({ operationName }) => operationName === name);
  }

  #answerOperation(request: SentRequest): Response | Promise<Response> {
    if (this.#isSilent) return silence(request);
    const answers = this.#operations.get(operationOf(request).operationName) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (!answer) throw new TypeError(`No answer is arranged for ${request.body}`);
    return answer(request);
  }
}

function operationOf({ body }: SentRequest): Operation {
  const { query, operationName, variables = {} } = JSON.parse(body);
  return {
    operationName: operationName ?? /(?:query|mutation|subscription) (\w+)/.exec(query)?.[1] ?? '',
    variables,
  };
}
