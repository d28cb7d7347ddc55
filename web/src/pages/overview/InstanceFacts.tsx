import { Badge, Text } from '@mantine/core';
import { dateAndTime } from '../../components/instant-words.ts';
import { CloudLink } from '../CloudLink.tsx';
import type { PublicInstance } from '../instance-queries.ts';
import { Fact, FactCard, Facts } from './FactCard.tsx';
import type { MemberInstance } from './OverviewPageView.tsx';
import { SecretsFact } from './SecretsFact.tsx';

interface InstanceFactsProps {
  instance: PublicInstance;
  member: MemberInstance;
}

/** What the instance is and where it lives. */
export function InstanceFacts({ instance, member }: InstanceFactsProps) {
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
        {member.dataPath ? (
          <Fact name="Data path" copy={member.dataPath}>
            <Text span ff="monospace" size="sm">
              {member.dataPath}
            </Text>
          </Fact>
        ) : null}
        {member.secretsProtection ? <SecretsFact protection={member.secretsProtection} /> : null}
        <Fact name="Cloud" copy={instance.cloud.issuer}>
          <CloudLink issuer={instance.cloud.issuer} />
        </Fact>
        {member.startedAt ? <Fact name="Started">{dateAndTime(member.startedAt)}</Fact> : null}
      </Facts>
    </FactCard>
  );
}
