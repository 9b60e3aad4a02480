/** What a target is called where people read it: the workspace's own has a name that is typed. */
export function targetTitle(id: string, name: string): string {
  return id === "local" ? "Local" : name;
}
