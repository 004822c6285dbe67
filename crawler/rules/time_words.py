"""Words that belong to a date or a time of day when they stand beside a number, in some languages."""

_WORDS = """
january february march april may june july august september october november december jan feb mar apr jun
jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu
thur thurs fri sat sun am pm a.m p.m utc gmt bst cet cest est edt cst cdt mst mdt pst pdt second minute hour
day week month year seconds minutes hours days weeks months years sec secs min mins
januar jänner februar märz mai juni juli oktober dezember mär okt dez uhr montag dienstag mittwoch
donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so sekunde sekunden minute minuten stunde
stunden tag tage tagen woche wochen monat monate monaten jahr jahre januari februari maart mei augustus mrt
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil déc
lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim seconde secondes heure heures
jour jours semaine semaines mois an ans enero febrero marzo abril mayo junio julio agosto septiembre
setiembre octubre noviembre diciembre lunes martes miércoles jueves viernes sábado domingo janeiro fevereiro
março maio junho julho setembro outubro novembro dezembro segunda-feira terça-feira quarta-feira
quinta-feira sexta-feira gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedì
martedì mercoledì giovedì venerdì sabato domenica
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia января
февраля марта апреля мая июня июля августа сентября октября ноября декабря
of at on the de del di à le um am den
年 月 日 号 時 时 點 点 分 秒 년 월 일 시 분 초
"""
TIME_WORDS = frozenset(_WORDS.split()) | {""}
"""Months, weekdays, halves of the day, time zones and units of time in English, German, Dutch, French,
Spanish, Portuguese, Italian, Polish, Russian, Chinese, Japanese and Korean, and what joins them, in lower
case; the empty one is what punctuation leaves."""
