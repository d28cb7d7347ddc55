import type { FormErrors } from '@mantine/form';

/** Makes a form's rejected submission end in the first field that needs another look. */
export function focusFirstInvalid(form: { getInputNode(path: string): HTMLElement | null }) {
  return (errors: FormErrors) => {
    const [firstInvalid] = Object.keys(errors);
    if (firstInvalid !== undefined) form.getInputNode(firstInvalid)?.focus();
  };
}
