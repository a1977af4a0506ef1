"""Control: a policy with memory, learned by reward."""
