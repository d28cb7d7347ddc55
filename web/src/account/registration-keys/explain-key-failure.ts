import { CloudError } from '../api/cloud-request.ts';
import { explainFailure, type FailureWords } from '../failure-words.ts';

/** Words for what can go wrong while a registration key is made or revoked. */
export function explainKeyFailure(error: Error): FailureWords {
  switch (error instanceof CloudError ? error.code : undefined) {
    case 'invalid_label':
      return {
        title: 'The cloud does not accept this name',
        message: 'Choose another one: it may contain something that cannot be seen.',
      };
    case 'too_many_keys':
      return {
        title: 'There are too many keys already',
        message: 'Revoke one that is not needed any more, then make this one.',
      };
    case 'not_an_owner':
      return {
        title: 'You do not own this workspace any more',
        message: 'Only its owners can make keys for it. Load the page again to see yours.',
      };
    default:
      return explainFailure(error);
  }
}
