/** What a playground shows at first: a query that works and says how to go on. */
export const startingQuery = `# This playground is signed in as you: queries run with your own rights.
#
#   Run                Ctrl-Enter, or the button above
#   Complete a field   Ctrl-Space
#   Read the schema    the book icon on the left

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
