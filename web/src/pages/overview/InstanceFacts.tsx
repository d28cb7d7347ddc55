import { Badge, Text } from '@mantine/core';
import { dateAndTime } from '../../components/instant-words.ts';
import { CloudLink } from '../CloudLink.tsx';
import type { PublicInstance } from '../instance-queries.ts';
import { Fact, FactCard, Facts } from './FactCard.tsx';
import type { InstancePlaces, MemberInstance } from './OverviewPageView.tsx';
import { SecretsFact } from './SecretsFact.tsx';

interface InstanceFactsProps {
  instance: PublicInstance;
  member: MemberInstance;
  /** For those who may know where it lies. */
  places: InstancePlaces | undefined;
}

/** What the instance is and where it lives. */
export function InstanceFacts({ instance, member, places }: InstanceFactsProps) {
  const { owner } = member;
  return (
    <FactCard title="Instance">
      <Facts>
        <Fact name="State">
          <Badge color="green" variant="light">
            {instance.state.toLowerCase()}
          </Badge>
        </Fact>
        {instance.id === null || instance.id === undefined ? null : (
          <Fact name="Client ID" copy={instance.id}>
            <Text span ff="monospace" size="sm">
              {instance.id}
            </Text>
          </Fact>
        )}
        {owner ? (
          <Fact name="Owner">
            {owner.workspace.name}
            <Text span size="sm" c="dimmed" display="block">
              since {dateAndTime(owner.claimedAt)}
            </Text>
          </Fact>
        ) : null}
        <Fact name="Version">{instance.version}</Fact>
        {places?.dataPath ? (
          <Fact name="Data path" copy={places.dataPath}>
            <Text span ff="monospace" size="sm">
              {places.dataPath}
            </Text>
          </Fact>
        ) : null}
        {member.secretsProtection ? (
          <SecretsFact
            keySource={member.secretsProtection.keySource}
            keyLocation={places?.secretsProtection?.keyLocation ?? undefined}
          />
        ) : null}
        <Fact name="Cloud" copy={instance.cloud.issuer}>
          <CloudLink issuer={instance.cloud.issuer} />
        </Fact>
        {member.startedAt ? <Fact name="Started">{dateAndTime(member.startedAt)}</Fact> : null}
      </Facts>
    </FactCard>
  );
}
