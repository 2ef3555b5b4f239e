"""The air of the guest: a virtual adapter for BlueZ, and in the same air the controllers of simulated sensors."""

from __future__ import annotations

import asyncio
from typing import Any

from bumble import att, hci, host
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink


def without_log() -> None:
    """Logged or not, bumble 0.0.236 describes every packet in colours, which takes more time than to carry it."""
    for module in (att, hci, host):
        module.color = lambda text, *_, **__: text  # type: ignore[attr-defined]
    hci.HCI_Object.format_fields = staticmethod(lambda *_, **__: "")  # type: ignore[method-assign,assignment]


class Air(LocalLink):
    """bumble's, in which data go by the addresses that their connection was made with.

    In 0.0.236 they come from the sender's random address. The kernel gives the adapter a new one for every scan, so
    that a scan would cut off whatever is connected.
    """

    def send_acl_data(
        self, sender_controller: Controller, destination_address: hci.Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is not None and receiver is not None:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)


class VirtualController(Controller):
    """bumble's, with what 0.0.236 leaves out: the end of a cancelled connection, and scan responses of their own."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # It must not promise what the virtual link does not do.
        self.le_features &= ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)

    def on_advertising_pdu(self, pdu: Any) -> None:
        if self.le_scan_enable:
            kind = hci.HCI_LE_Advertising_Report_Event.EventType
            for event_type, data in (
                (kind.ADV_IND, pdu.data),
                (kind.SCAN_RSP, self._scan_response_of(pdu.advertiser_address)),
            ):
                report = hci.HCI_LE_Advertising_Report_Event.Report(
                    event_type=event_type,
                    address_type=pdu.advertiser_address.address_type,
                    address=pdu.advertiser_address,
                    data=data,
                    rssi=-50,
                )
                self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))
        pending = self.pending_le_connection
        if pending is not None and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def _scan_response_of(self, address: hci.Address) -> bytes:
        there = (c for c in self.link.controllers if c.random_address == address)
        return next((bytes(c.le_legacy_advertiser.scan_response_data) for c in there), b"")

    def on_hci_le_create_connection_cancel_command(self, _command: Any) -> Any:
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        cancelled = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, cancelled)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_hci_reset_command(self, command: Any) -> Any:
        self.pending_le_connection = None
        return super().on_hci_reset_command(command)
