import { CloudError } from './api/cloud-request.ts';

/** A failure in words for a person. */
export interface FailureWords {
  title: string;
  message: string;
}

/** Words for failures that any request to the cloud can meet. */
export function explainFailure(error: Error): FailureWords {
  const code = error instanceof CloudError ? error.code : undefined;
  if (code === 'cloud_unreachable') {
    return {
      title: 'This cloud does not answer',
      message: `Nothing came back from ${location.host}. Check that it is running and that you are connected, then try again.`,
    };
  }
  if (code === 'too_many_requests') {
    return { title: 'Too many tries', message: `${waitSentence(error)} Then try again.` };
  }
  if (code === 'temporarily_unavailable') {
    return {
      title: 'This cloud has a lot to do',
      message: 'Too many people want something of it at once. Wait a few seconds, then try again.',
    };
  }
  if (code === 'login_required') {
    return { title: 'Your session has ended', message: 'Sign in again to go on; nothing is lost.' };
  }
  if (code === 'ambiguous_session') {
    return {
      title: 'Another page tampered with your sign-in',
      message: `Nothing was done. A page on ${location.hostname} has set a second sign-in cookie for this cloud. Delete the cookies of ${location.hostname} in your browser’s settings, then load this page again.`,
    };
  }
  return {
    title: 'This cloud could not do that',
    message:
      'It gave an answer that this page does not understand. Try again; if it stays so, tell whoever runs this cloud to look at its log.',
  };
}

function waitSentence(error: Error): string {
  const seconds = error instanceof CloudError ? error.retryAfterSeconds : undefined;
  if (seconds === undefined) return 'The cloud is slowing you down to keep guessers out. Wait a minute.';
  return `The cloud is slowing you down to keep guessers out. Wait ${waitInWords(seconds)}.`;
}

function waitInWords(seconds: number): string {
  if (seconds <= 1) return 'a second';
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
