"""The durable client binding: the JSON from which the SDK makes a `DurableOrchestrationClient`.

The client does everything over `rpcBaseUrl`; the management addresses are text for callers, whose origin the
SDK replaces by that of the request. Source: the shape that azure-functions-durable 1.7 reads
(`DurableOrchestrationBindings`) and the Durable extension writes.
"""

import json
from dataclasses import dataclass

WEBHOOK_PATH = "/runtime/webhooks/durabletask"
CODE = "local"
"""Stands where Azure puts the extension's system key; nothing checks it."""


@dataclass(frozen=True, slots=True)
class ClientBinding:
    """`origin` is the address that callers see, `rpc_origin` the one that this process listens at."""

    origin: str
    rpc_origin: str
    hub: str

    def text(self) -> str:
        """The binding's JSON."""
        start = f"{self.origin}{WEBHOOK_PATH}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        return json.dumps(
            {
                "taskHubName": self.hub,
                "creationUrls": {
                    "createNewInstancePostUri": f"{start}?code={CODE}",
                    "createAndWaitOnNewInstancePostUri": f"{start}?{wait}&code={CODE}",
                },
                "managementUrls": self.management_urls("INSTANCEID"),
                "baseUrl": f"{self.origin}{WEBHOOK_PATH}",
                "requiredQueryStringParameters": f"code={CODE}",
                "rpcBaseUrl": f"{self.rpc_origin}{WEBHOOK_PATH}/",
            }
        )

    def management_urls(self, instance: str) -> dict[str, str]:
        """The addresses by which one instance is managed."""
        base = f"{self.origin}{WEBHOOK_PATH}/instances/{instance}"
        query = f"taskHub={self.hub}&connection=Storage&code={CODE}"
        return {
            "id": instance,
            "statusQueryGetUri": f"{base}?{query}",
            "sendEventPostUri": f"{base}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{base}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{base}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{base}?{query}",
            "restartPostUri": f"{base}/restart?{query}",
            "suspendPostUri": f"{base}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{base}/resume?reason={{text}}&{query}",
        }

    def check_status_urls(self, instance: str) -> dict[str, str]:
        """The addresses in the 202 of a start: all but rewind, as the real host answers."""
        return {name: url for name, url in self.management_urls(instance).items() if name != "rewindPostUri"}
