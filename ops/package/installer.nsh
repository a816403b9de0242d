; Ingot is offered for files of account updates by "Open with". It becomes the usual program for none of them.

!macro customInstall
  WriteRegStr SHCTX "Software\Classes\Ingot.Updates" "" "Account updates"
  WriteRegStr SHCTX "Software\Classes\Ingot.Updates\DefaultIcon" "" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr SHCTX "Software\Classes\Ingot.Updates\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --preview "%1"'
  WriteRegStr SHCTX "Software\Classes\.ndjson\OpenWithProgids" "Ingot.Updates" ""
  WriteRegStr SHCTX "Software\Classes\.jsonl\OpenWithProgids" "Ingot.Updates" ""
  WriteRegStr SHCTX "Software\Classes\.json\OpenWithProgids" "Ingot.Updates" ""
  WriteRegStr SHCTX "Software\Classes\.gz\OpenWithProgids" "Ingot.Updates" ""
!macroend

!macro customUnInstall
  DeleteRegKey SHCTX "Software\Classes\Ingot.Updates"
  DeleteRegValue SHCTX "Software\Classes\.ndjson\OpenWithProgids" "Ingot.Updates"
  DeleteRegValue SHCTX "Software\Classes\.jsonl\OpenWithProgids" "Ingot.Updates"
  DeleteRegValue SHCTX "Software\Classes\.json\OpenWithProgids" "Ingot.Updates"
  DeleteRegValue SHCTX "Software\Classes\.gz\OpenWithProgids" "Ingot.Updates"
!macroend
