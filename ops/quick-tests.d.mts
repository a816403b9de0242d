export function findTests(root: string): string[];
export function findQuickTests(root: string): string[];
