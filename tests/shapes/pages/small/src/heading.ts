export function heading(name: string): string {
  return `Small: ${name}`;
}

export function untested(): string {
  return heading("nobody");
}
