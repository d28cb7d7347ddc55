import { PASSWORD_LENGTH } from './api/session.ts';

/** What is wrong with an email address; null when it can be one. The cloud is the judge of the rest. */
export function emailProblem(email: string): string | null {
  if (email.trim() === '') return 'Enter your email address.';
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? null : 'Enter a whole address, like ada@example.com.';
}

/** What is wrong with a password that somebody chooses. */
export function newPasswordProblem(password: string): string | null {
  const { min, max } = PASSWORD_LENGTH;
  if (password === '') return 'Choose a password.';
  if (password.length < min) return `Use at least ${min} characters; these are ${password.length}.`;
  return password.length > max ? `Use at most ${max} characters; these are ${password.length}.` : null;
}

/** What is wrong with a person's name. */
export function personNameProblem(name: string): string | null {
  if (name.trim() === '') return 'Enter the name that others see.';
  return name.trim().length > 64 ? 'Use at most 64 characters.' : null;
}
