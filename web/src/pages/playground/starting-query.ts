/** What a playground shows at first: a query that works and says how to go on. */
export const startingQuery = `# Queries run as you, with your own rights.
#
#   Run         Ctrl-Enter, or the button
#   Complete    Ctrl-Space
#   Schema      the book icon on the left

query Overview {
  viewer {
    name
    email
    workspace {
      name
    }
  }
  instance {
    id
    name
    state
    version
    startedAt
  }
}
`;
