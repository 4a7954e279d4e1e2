# A report, made by three: one finds things out, one writes, one reviews. What the reviewer sends back
# is written once more; `rounds` counts the drafts.
#
# The agents are mocks with scripts, so this runs anywhere, without a model. For real ones say
# `backend: :bedrock` (or `{:http, "https://…"}`) and leave the scripts out: the skills tell them how
# to work.
%{
  name: "report",
  agents: [
    %{
      name: :researcher,
      backend: :mock,
      skills: ["research"],
      config: %{
        script: [
          %{
            when: %{kind: "task"},
            say: "Looking into: {{content}}",
            send: %{
              to: "writer",
              content: "Three sources agree, one does not: it counted another year. ({{content}})"
            }
          }
        ]
      }
    },
    %{
      name: :writer,
      backend: :mock,
      skills: ["writing"],
      config: %{
        script: [
          %{
            when: %{from: "researcher"},
            say: "Writing a first draft.",
            send: [
              %{to: "reviewer", content: "Draft 1: the sources agree."},
              %{to: "rounds", content: "a draft"}
            ]
          },
          %{
            when: %{from: "reviewer", contains: "accepted"},
            say: "Final report: three sources agree; the fourth counted another year."
          },
          %{
            when: %{from: "reviewer"},
            say: "Writing it once more.",
            send: [
              %{to: "reviewer", content: "Draft 2: three agree, the fourth counted another year."},
              %{to: "rounds", content: "a draft"}
            ]
          }
        ]
      }
    },
    %{
      name: :reviewer,
      backend: :mock,
      skills: ["reviewing"],
      config: %{
        script: [
          %{
            when: %{from: "writer", contains: "Draft 1"},
            send: %{to: "writer", content: "must: the fourth source is missing. Send it back."}
          },
          %{
            when: %{from: "writer"},
            send: %{to: "writer", content: "accepted: nothing is left to say."}
          }
        ]
      }
    }
  ],
  objects: [
    %{name: :rounds, handler: :counter}
  ],
  topology: [
    {:researcher, :writer},
    {:writer, :reviewer},
    {:reviewer, :writer},
    {:writer, :rounds}
  ]
}
