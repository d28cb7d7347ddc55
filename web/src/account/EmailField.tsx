import { TextInput, type TextInputProps } from '@mantine/core';

/** Where people type the address of their account; password managers know it by name and kind. */
export function EmailField(
  inputProps: Omit<TextInputProps, 'label' | 'type' | 'name' | 'autoComplete' | 'required'>,
) {
  return <TextInput label="Email" type="email" name="email" autoComplete="email" required {...inputProps} />;
}
